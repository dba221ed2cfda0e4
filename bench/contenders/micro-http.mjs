// Micro over plain HTTP, as every other language calls it.
import { over } from './micro-greeter.mjs';

export const { serve, connect } = over(false);
