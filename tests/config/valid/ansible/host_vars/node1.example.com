ansible_host: 192.0.2.1
ansible_port: "2222"
ansible_password: secret
ansible_become: true
ansible_python_interpreter: /usr/libexec/platform-python
ansible_ssh_timeout: 2
