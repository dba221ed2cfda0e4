/** Why there is no certificate, and what to do about it. */
export class AcmeProblem extends Error {
  override readonly name = 'AcmeProblem';
  /** Of RFC 8555, without its `urn:`: `rateLimited`; `connection` if the server cannot be reached. */
  readonly type: string;
  /** What happened, without what to do about it. */
  readonly detail: string;
  /** How long the server wants to be left alone, in ms. */
  readonly retryAfter: number;

  constructor(type: string, detail: string, retryAfter = 0) {
    const cure = cures[type];
    super(cure === undefined ? detail : `${detail}. ${cure}`);
    this.type = type;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }

  /** It may be over in moments, and asking again counts against no limit. */
  get isPassing(): boolean {
    return this.type === 'unreachable' || this.type === 'serverInternal';
  }
}

const reach =
  'Have the DNS name lead to this machine, and port 80 there to the acme.address of the gateway';

const cures: Readonly<Record<string, string>> = {
  unreachable: 'See whether acme.directory is right, and whether this machine reaches it',
  connection: reach,
  dns: reach,
  unauthorized: reach,
  incorrectResponse: reach,
  tls: reach,
  caa: "Add the authority to the name's CAA records, or use another one",
  rateLimited: 'Nothing is asked before that; try acme.directory: letsencrypt-staging meanwhile',
  rejectedIdentifier: 'The authority signs nothing for this name: take it out of acme.hosts',
  accountRefused: 'If it was deactivated on purpose, remove that file: a new account is made then',
  externalAccountRequired: 'Get a kid and an hmacKey of the authority, and set acme.binding',
  userActionRequired: 'Read the terms of the authority, and agree to them there',
  invalidContact: 'Correct acme.email',
  unsupportedContact: 'Correct acme.email',
};

const prefix = 'urn:ietf:params:acme:error:';

/** What an ACME server sends with an error (RFC 7807). */
export interface ProblemDocument {
  readonly type?: unknown;
  readonly detail?: unknown;
  readonly subproblems?: unknown;
}

/** A server's problem as ours. What it says is shortened, and loses what could forge a line of a log. */
export function problemOf(document: ProblemDocument, retryAfter = 0): AcmeProblem {
  const { type, detail } = document;
  const name = typeof type === 'string' ? type.replace(prefix, '') : 'unknown';
  const text = typeof detail === 'string' ? detail : name;
  return new AcmeProblem(
    name,
    text
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .slice(0, 500)
      .trim(),
    retryAfter,
  );
}
