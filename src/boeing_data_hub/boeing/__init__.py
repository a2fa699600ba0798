"""Everything about Boeing: login, price calls, matching, and normalization of answers into staged parts."""
