"""Pure text work on what people say: normalising, reprint folding, topics, keywords. Plain values in, plain values out."""
