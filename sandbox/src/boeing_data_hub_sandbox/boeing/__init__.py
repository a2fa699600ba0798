"""A Boeing that answers from the part number, counts every call, and fails on demand."""
