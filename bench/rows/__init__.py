"""One file per row of the table: who takes part in it and what each of them is asked for."""
