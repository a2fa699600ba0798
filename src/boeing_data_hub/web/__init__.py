"""The HTTP face: routes rebuild values, call one function, render the result."""
