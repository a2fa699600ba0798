"""The HTTP interface: routes parse a request, call one function, and render the result."""
