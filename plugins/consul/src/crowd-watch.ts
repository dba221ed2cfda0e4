import { closable } from '@micro-ts/interface';
import type { Losable, Node, RegistryListener } from '@micro-ts/interface';
import { follow } from './follow.ts';
import { listOf, objectOf, textOf, textsOf } from './json.ts';
import type { ConsulLink } from './link.ts';
import { checkSeen, criticalPath, servicesPath } from './lookup.ts';
import { fromConsul, pathOf, toConsul } from './names.ts';
import { Reader, sameNodes } from './reader.ts';
import { markOf, ours } from './records.ts';

/** From so many nodes on, a service is watched by what changes in it. */
export const crowd = 200;

/** Marks that are asked for at once; where there are more, all nodes are. */
const [marksAtOnce, mostMarks] = [20, 100];

interface Instance {
  readonly node: Node;
  /** Keys under which it is found among what is down: its own, and that of its machine. */
  readonly keys: readonly string[];
}

const keyOf = (machine: string, id: string): string => JSON.stringify([machine, id]);

/**
 * Watches one service of many nodes, which Consul would send again at each change. Two questions stay
 * open, whose answers are small: the nodes without our tag, which are go-micro's, and what is down. When
 * something of the service changes, the marks of its nodes are read, and the nodes with new ones.
 */
class CrowdWatch {
  readonly #link: ConsulLink;
  readonly #listener: RegistryListener;
  readonly #service: string;
  readonly #path: string;
  readonly #readers: { readonly marked: Reader; readonly others: Reader };
  /** By mark. The same node may have been registered with two agents. */
  #marked = new Map<string, readonly Instance[]>();
  #others: readonly Instance[] = [];
  #down: ReadonlySet<string> = new Set();
  #told: readonly Node[] | undefined;
  #complete = false;
  /** One look at the marks comes after the other. */
  #looking: Promise<void> = Promise.resolve();

  constructor(link: ConsulLink, listener: RegistryListener, service: string) {
    this.#link = link;
    this.#listener = listener;
    this.#service = service;
    this.#path = `/v1/catalog/service/${pathOf(service)}`;
    this.#readers = { marked: new Reader(link.report), others: new Reader(link.report) };
  }

  /** Resolves when the listener was told all there is. */
  async start(): Promise<Losable> {
    const parts: Losable[] = [];
    const watch = closable(() => Promise.all(parts.map((part) => part.close())));
    try {
      parts.push(await follow(this.#link, criticalPath, (answer) => this.#health(answer.value)));
      const changed = async ({ value }: { value: unknown }): Promise<void> => {
        const others = this.#read(value, this.#readers.others);
        this.#others = others.map(([, instance]) => instance);
        await this.#look();
      };
      parts.push(await follow(this.#link, this.#path, changed, `"${ours}" not in ServiceTags`));
    } catch (error) {
      await watch.close();
      throw error;
    }
    for (const part of parts) void part.closed.then((reason) => reason && watch.lose(reason));
    return watch;
  }

  async #health(value: unknown): Promise<void> {
    const down = listOf(value).map(objectOf);
    this.#down = new Set(
      down.map((check) => keyOf(textOf(check['Node']), textOf(check['ServiceID']))),
    );
    if (!this.#complete) return;
    this.#tell();
    // It may be well with another agent.
    if ([...this.#marked.values()].some((all) => !all.some(this.#isUp))) await this.#look();
  }

  #look(): Promise<void> {
    const look = this.#looking.then(() => this.#compare());
    this.#looking = look.catch(() => undefined);
    return look;
  }

  async #compare(): Promise<void> {
    const marks = await this.#marks();
    for (const mark of this.#marked.keys()) if (!marks.has(mark)) this.#marked.delete(mark);
    const fresh = [...marks].filter((mark) => !this.#marked.get(mark)?.some(this.#isUp));
    if (fresh.length > mostMarks) await this.#fetch();
    else {
      for (let at = 0; at < fresh.length; at += marksAtOnce) {
        const some = fresh.slice(at, at + marksAtOnce);
        await this.#fetch(some.map((mark) => `"${mark}" in ServiceTags`).join(' or '));
      }
    }
    this.#complete = true;
    this.#tell();
  }

  /** Of all nodes of Micro, as they are now. */
  async #marks(): Promise<ReadonlySet<string>> {
    const name = toConsul(this.#service);
    const query = { filter: `ServiceName == ${JSON.stringify(name)}` };
    const answer = await this.#link.ask({ path: servicesPath, query });
    const tags = textsOf(objectOf(answer.value)[name]);
    checkSeen(this.#link, this.#service, { ...answer, value: tags });
    return new Set(tags.filter((tag) => markOf([tag]) !== undefined));
  }

  async #fetch(filter = `"${ours}" in ServiceTags`): Promise<void> {
    const { value } = await this.#link.ask({ path: this.#path, query: { filter } });
    const found = new Map<string, Instance[]>();
    for (const [mark, instance] of this.#read(value, this.#readers.marked)) {
      if (mark === undefined) continue;
      const all = found.get(mark) ?? [];
      all.push(instance);
      found.set(mark, all);
    }
    for (const [mark, all] of found) this.#marked.set(mark, all);
  }

  #read(value: unknown, reader: Reader): readonly (readonly [string | undefined, Instance])[] {
    const entries = listOf(value).map(objectOf);
    const read = reader.read(this.#service, entries.map(asHealth));
    const nodes = new Map(read.nodes.map((node) => [node.id, node]));
    return entries.flatMap((entry) => {
      const [machine, id] = [textOf(entry['Node']), textOf(entry['ServiceID'])];
      const node = nodes.get(fromConsul(id));
      if (node === undefined) return [];
      const keys = [keyOf(machine, id), keyOf(machine, '')];
      return [[markOf(textsOf(entry['ServiceTags'])), { node, keys }] as const];
    });
  }

  readonly #isUp = ({ keys }: Instance): boolean => !keys.some((key) => this.#down.has(key));

  #tell(): void {
    const nodes = new Map<string, Node>();
    for (const each of [...this.#others, ...[...this.#marked.values()].flat()]) {
      if (this.#isUp(each)) nodes.set(each.node.id, each.node);
    }
    const all = [...nodes.values()];
    if (this.#told !== undefined && sameNodes(this.#told, all)) return;
    this.#told = all;
    this.#listener(new Map([[this.#service, all]]));
  }
}

/** An instance of the catalog, as it stands among those with their health. */
const asHealth = (entry: Readonly<Record<string, unknown>>): unknown => ({
  Node: { Address: entry['Address'] },
  Service: {
    ID: entry['ServiceID'],
    Service: entry['ServiceName'],
    Tags: entry['ServiceTags'],
    Address: entry['ServiceAddress'],
    Port: entry['ServicePort'],
    ModifyIndex: entry['ModifyIndex'],
  },
});

/** Watches a service of many nodes. */
export function watchCrowd(
  link: ConsulLink,
  listener: RegistryListener,
  service: string,
): Promise<Losable> {
  return new CrowdWatch(link, listener, service).start();
}
