import { MicroError } from 'micro-ts';

/** Who says that a command was given wrongly, as opposed to a service that refuses a request. */
const origin = 'micro.commands';

/** The command makes no sense as it was given; nothing was done. */
export const misuse = (message: string): MicroError =>
  new MicroError('invalid_argument', message, { origin });

/** True for what {@link misuse} made. */
export const isMisuse = (error: unknown): boolean =>
  error instanceof MicroError && error.origin === origin;
