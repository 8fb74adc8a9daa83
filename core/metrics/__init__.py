"""Pure arithmetic over plain values: indices, ranking, growth, cadence."""
