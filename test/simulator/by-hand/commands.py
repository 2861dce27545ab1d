"""Answers the commands of a script from one process, so that a script of a hundred calls takes seconds.

The AWS CLI takes most of a second to start. Here it is started once, and every command is a fork of it: the same driver, with
the arguments, environment and output of the caller. Beside `aws` there are `sleep`, by which the simulator's clock moves on
and nobody waits, and `isthmus`, which asks the simulator what `isthmus simulate exec` asks it.

  python commands.py serve <socket>        answers until its input ends; prints `ready` when it does
  <link to this file named aws, sleep or isthmus> <arguments>     with BY_HAND_SOCKET in the environment
"""

import json
import os
import socket
import struct
import sys


def call():
    """The caller's side. It imports little, for it is started for every command."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(os.environ['BY_HAND_SOCKET'])
    request = [os.path.basename(sys.argv[0]), sys.argv[1:], dict(os.environ), os.getcwd()]
    body = json.dumps(request).encode()
    socket.send_fds(peer, [struct.pack('!I', len(body))], [1, 2])
    peer.sendall(body)
    status = peer.recv(1)
    return status[0] if status else 70


def serve(path):
    import signal
    import threading

    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    # Each service's description is read once, and what is forked later has it.
    output, sys.stdout = sys.stdout, open(os.devnull, 'w')
    for words in ('ec2 describe-vpcs', 'vpc-lattice list-resource-gateways', 'ram get-resource-shares', 'route53 list-hosted-zones'):
        driver.main([*words.split(), '--generate-cli-skeleton'])
    sys.stdout = output

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print('ready', flush=True)

    def end_with_input():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_input, daemon=True).start()
    while True:
        peer, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            os._exit(answer(driver, peer))
        peer.close()


def answer(driver, peer):
    head, descriptors, _, _ = socket.recv_fds(peer, 4, 2)
    body = b''
    while len(body) < struct.unpack('!I', head)[0]:
        body += peer.recv(65536)
    name, arguments, environment, folder = json.loads(body)
    for number, descriptor in zip((1, 2), descriptors):
        os.dup2(descriptor, number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    status = 70
    try:
        status = {'aws': driver.main, 'sleep': sleep, 'isthmus': isthmus}[name](arguments)
    except SystemExit as ended:
        status = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        peer.sendall(bytes([status or 0]))
    return 0


def post(path, body=b''):
    from urllib.request import ProxyHandler, Request, build_opener

    request = Request(os.environ['AWS_ENDPOINT_URL'] + path, data=body, method='POST', headers={'content-type': 'application/json'})
    with build_opener(ProxyHandler({})).open(request) as response:
        return json.loads(response.read())


def sleep(arguments):
    wait(float(arguments[0]))


def wait(seconds):
    post('/_isthmus/advance?ms=%d' % (seconds * 1000))


def isthmus(arguments):
    """simulate exec --endpoint <url> <instance> -- <command…>"""
    from urllib.error import HTTPError

    separator = arguments.index('--')
    request = {'instance': arguments[separator - 1], 'command': arguments[separator + 1:]}
    try:
        said = post('/_isthmus/exec', json.dumps(request).encode())
    except HTTPError as error:
        sys.stderr.write(error.read().decode())
        return 1
    sys.stdout.write(said['stdout'])
    sys.stderr.write(said['stderr'])
    return said['exitCode']


if __name__ == '__main__':
    if sys.argv[1:2] == ['serve']:
        # The CLI's waiters and its retries wait for the simulator's clock.
        import time

        time.sleep = wait
        serve(sys.argv[2])
    else:
        sys.exit(call())
