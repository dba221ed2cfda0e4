import type { App, Closable, Node } from 'micro-ts';
import type { BaseIssue, BaseSchema, InferOutput } from 'valibot';
import type { JsonSchema } from './json-schema.ts';
import type { Output } from './output.ts';

/**
 * What somebody must be permitted who gives a command: `read` looks, `call` calls services and
 * publishes, `write` changes what is registered, `run` uses the machine on which the command is
 * given, its programs, files and terminal. Who offers commands to others keeps `run` to themselves.
 */
export const permissions = ['read', 'call', 'write', 'run'] as const;
export type Permission = (typeof permissions)[number];

/** What commands stand on: the verbs of an app, its own or those of one behind a sidecar. */
export type Micro = Pick<
  App,
  'call' | 'publish' | 'subscribe' | 'deregister' | 'lookup' | 'list' | 'watch'
> & {
  /** As an app does; a sidecar registers a node as soon as somebody answers there. */
  register(node: Node, ttl?: number): Promise<Kept>;
};

/** Keeps a node registered until it is closed. */
export interface Kept extends Closable {
  /** Why the node is not registered yet; absent if it is. */
  readonly waits?: string;
}

/** What a command is given besides its input. */
export interface CommandContext {
  readonly micro: Micro;
  /** What whoever gave the command may do. */
  readonly permissions: readonly Permission[];
  /** Whoever gave the command does not want the rest of the answer. */
  readonly signal: AbortSignal;
  /** Shows how far it is: one line, in place of the last one, until the answer is there. */
  progress?(line: string): void;
  /** Tells something that is no part of the answer, and stays: that a subscription stands. */
  note?(line: string): void;
  /** What comes in beside the words, as text: a pipe. Read where no request is given. */
  readonly pipe?: AsyncIterable<string>;
}

/** Members that a command takes beside its input, as they are known only when it is given. */
export interface OpenMembers {
  /** Member of the input that collects them: lists of texts, by their paths: `address.city`. */
  readonly member: string;
  /** What they are, as far as the input so far tells. `undefined` where anything goes. */
  schema(
    input: Readonly<Record<string, unknown>>,
    context: CommandContext,
  ): Promise<JsonSchema | undefined>;
}

/** A valibot object. Each member has a `v.description`; numbers are read of texts by the schema. */
export type InputSchema = BaseSchema<unknown, object, BaseIssue<unknown>>;

/**
 * Something that can be asked for in words: on the command line, in the shell, in programs of others.
 * It says what it takes, who may give it and what it answers; how that is read and shown is up to
 * those who offer it.
 */
export interface Command<S extends InputSchema = InputSchema> {
  /** Its words: `get`, `list services`. */
  readonly name: string;
  /** Other names of it. */
  readonly aliases?: readonly string[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** Lines that somebody could type. */
  readonly examples?: readonly string[];
  readonly permission: Permission;
  readonly input: S;
  /**
   * Members of the input that are given without their names, in this order; the last takes all that
   * is left where it is a list.
   */
  readonly positionals?: readonly string[];
  /** Members that are not known before: those of a request. */
  readonly open?: OpenMembers;
  /** Adds to what was said what stands elsewhere, before the schema looks at it. */
  complete?(input: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Does it. An iterable answers in pieces, as they come.
   * @throws MicroError
   */
  run(input: InferOutput<S>, context: CommandContext): Promise<Output> | AsyncIterable<Output>;
}

/** Types a command; returns it as it is. */
export const defineCommand = <S extends InputSchema>(command: Command<S>): Command<S> => command;
