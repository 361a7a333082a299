"""The product as people use it, on real servers: the lab's namespaces, real sshd, real programs."""
