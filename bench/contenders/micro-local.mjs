// Two sides of a call in one app.
import { together } from './micro-greeter.mjs';

export const connect = together;
