import { topic } from 'micro-ts';

/** Somebody was greeted. */
export interface Greeted {
  readonly name: string;
}

/** The name of the topic and the type of its events, for those who publish and those who subscribe. */
export const greeted = topic<Greeted>('greeter.greeted');
