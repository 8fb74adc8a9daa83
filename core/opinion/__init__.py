"""Pure text work on what people say: normalising, reprint folding, topics, keywords. Values in, values out."""
