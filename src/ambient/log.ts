import { destination, pino } from 'pino';

/** One line of the log: facts that a machine can search by, then a sentence. */
export type LogLine = (fields: object, message: string) => void;

/** Where everything below `main.ts` writes what it did. */
export interface Log {
  /** What only somebody who looks for a fault wants to read. */
  readonly debug: LogLine;
  readonly info: LogLine;
  /** Something went wrong and will be tried again. */
  readonly warn: LogLine;
  /** Something is wrong that nobody will try again, or a fault in this program. */
  readonly error: LogLine;
}

/** From the most to the least talkative. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on standard error; written before the call returns, so that the last words of a process that exits are not lost. */
export function createLog(level: LogLevel = 'info'): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Our own fields are called `error`; pino knows how to write one only under `err`.
      serializers: { error: pino.stdSerializers.err },
    },
    destination({ fd: 2, sync: true }),
  );
  // pino's functions must be called on pino's object; ours may be picked first and called later.
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
