// Micro over frames, the fast protocol, which two Micro processes agree on by themselves.
import { over } from './micro-greeter.mjs';

export const { serve, connect } = over(true);
