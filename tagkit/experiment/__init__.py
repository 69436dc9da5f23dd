"""One experiment: what is compared, one loop that runs it, one record of what it gave, one store."""
