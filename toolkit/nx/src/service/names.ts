import { UsageError } from '../usage-error.ts';

/** What one service is called, in all the places where it has a name. */
export interface ServiceNames {
  /** By which callers find it: `acme.user-profile`. */
  readonly service: string;
  /** Project, folder and files: `user-profile`. */
  readonly project: string;
  /** `UserProfile`, which its endpoints begin with. */
  readonly className: string;
}

/** Classes that would hide what the generated file itself uses. */
const used = ['App', 'Context', 'Handler', 'Inject', 'Logger', 'Publisher', 'Service', 'Subscribe'];
const builtIn = ['Array', 'AsyncIterable', 'Error', 'Map', 'Object', 'Promise', 'Symbol'];
const messages = ['HelloRequest', 'HelloResponse', 'CountdownRequest', 'Tick', 'Greeted'];
const hidden: ReadonlySet<string> = new Set([...used, ...builtIn, ...messages]);

const keywords = `abstract arguments as async await boolean break case catch class const continue
debugger default delete do else enum eval export extends false finally for from function get if
implements import in instanceof interface let new null number of package private protected public
return set static string super switch symbol this throw true try type typeof undefined unknown var
void while with yield`;

const reserved: ReadonlyMap<string, string> = new Map([
  ...keywords.split(/\s+/).map((word) => [word, 'is a word of TypeScript'] as const),
  ['debug', 'is what every service answers health and figures by (Debug.Health)'],
  ['micro', 'is the name of the framework'],
  ['node-modules', 'is a folder of npm'],
]);

/**
 * Takes a service's name apart.
 * @throws UsageError for one that registries, files or classes cannot have
 */
export function namesOf(given: string): ServiceNames {
  const service = given.trim();
  const refuse = (why: string): never => {
    throw new UsageError(`'${given}' cannot be the name of a service: ${why}`);
  };
  if (!/^[a-z][a-z\d]*([.-][a-z\d]+)*$/.test(service))
    refuse('write small letters, digits, dashes and dots, as in user-profile or acme.user-profile');
  if (service.length > 100) refuse('it has more than 100 letters');
  const project = service.slice(service.lastIndexOf('.') + 1);
  if (!/^[a-z]/.test(project))
    refuse(`a class is called after ${project}, so begin it with a letter`);
  const why = reserved.get(project);
  if (why !== undefined) refuse(`${project} ${why}`);
  const className = project.split('-').map(capitalised).join('');
  if (className.length < 3) refuse(`a class ${className} looks as if a minifier had named it`);
  if (hidden.has(className)) refuse(`a class ${className} would hide another that the file needs`);
  return { service, project, className };
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * A topic that a service may have.
 * @throws UsageError for one that brokers cannot carry, and for the name of the service: a broker that
 * lists subscribers in the registry would have calls answered by them
 */
export function checkTopic(topic: string, { service }: ServiceNames): string {
  if (!/^[a-z\d][\w-]*(\.[\w-]+)*$/i.test(topic) || topic.length > 200)
    throw new UsageError(
      `'${topic}' cannot be a topic: write words with dots between, as in user.created`,
    );
  if (topic === service)
    throw new UsageError(
      `The topic '${topic}' is the name of the service; give it one of its own, such as ${service}.greeted`,
    );
  return topic;
}
