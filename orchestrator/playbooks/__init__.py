"""Turns playbook YAML into a program that the executor can walk. Pure; Ansible's language."""
