"""Every kind of input and output: database, queue, cryptography, network. No knowledge of the product; imports the kernel only."""
