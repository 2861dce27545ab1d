import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay in front of a server, for tests of what happens when the line to it is bad. */
export interface InterruptibleProxy {
  /** The server's URL with this relay's port; TLS passes through untouched. */
  readonly url: string;
  /** How many connections have been accepted so far. */
  readonly accepted: number;
  /** Breaks every open connection; new ones are taken. */
  cut(): void;
  /** Breaks every open connection and refuses new ones until `restore`. */
  refuse(): void;
  /** Keeps connections open, and takes new ones, but nothing passes any more, in either direction, until `restore`. */
  freeze(): void;
  /** Lets everything pass again, what was held back first. */
  restore(): void;
  close(): Promise<void>;
}

/** Starts a relay on a free port of the loopback interface. */
export async function startProxy(serverUrl: string): Promise<InterruptibleProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let state: 'open' | 'refusing' | 'frozen' = 'open';
  let accepted = 0;

  const relay = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => state !== 'frozen' && from.resume());
    from.once('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.on('error', () => to.destroy());
    if (state === 'frozen') from.pause();
  };

  const server = createServer((incoming) => {
    if (state === 'refusing') return incoming.resetAndDestroy();
    accepted++;
    const outgoing = connect(Number(target.port), target.hostname);
    relay(incoming, outgoing);
    relay(outgoing, incoming);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    url: `${target.protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    cut: destroyAll,
    refuse() {
      state = 'refusing';
      destroyAll();
    },
    freeze() {
      state = 'frozen';
      for (const socket of sockets) socket.pause();
    },
    restore() {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    close() {
      destroyAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
