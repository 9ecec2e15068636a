"""What is measured: each subject fills its own database, runs as a process and says how each row's requests look."""
