// A server stream over frames; what is counted is its messages.
import { over } from './micro-greeter.mjs';

const { serve, connect: dial } = over(true);
export { serve };

export async function connect() {
  const { count, close } = await dial();
  return { messages: count, close };
}
