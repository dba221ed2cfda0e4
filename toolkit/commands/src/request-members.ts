import type { Endpoint, Node } from 'micro-ts';
import * as v from 'valibot';
import type { CommandContext, OpenMembers } from './command.ts';
import { endpointsOf, findEndpoint, findService } from './find-service.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const about = v.object({ service: text, endpoint: text, address: v.optional(v.string()) });

/** The endpoint that a command is about. */
type About = v.InferOutput<typeof about>;

/**
 * The endpoint as it is registered; `undefined` for a full name that is not listed. Of a node that is
 * addressed, nothing has to be known.
 * @throws MicroError `not_found`, with what was probably meant
 */
export async function endpointOf(
  { service, endpoint, address }: About,
  { micro }: CommandContext,
): Promise<Endpoint | undefined> {
  let nodes: readonly Node[];
  try {
    nodes = await findService(micro, service);
  } catch (error) {
    if (address === undefined) throw error;
    return undefined;
  }
  return findEndpoint(endpointsOf(nodes), endpoint, service);
}

/** Members of the request to the endpoint that a command's input names, collected in `fields`. */
export const requestMembers: OpenMembers = {
  member: 'fields',
  async schema(known, context) {
    const parsed = v.safeParse(about, known);
    return parsed.success ? (await endpointOf(parsed.output, context))?.request : undefined;
  },
};
