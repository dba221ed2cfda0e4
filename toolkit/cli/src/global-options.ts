import { Option } from 'commander';
import type { Command as Line } from 'commander';
import { settingNames } from 'micro-ts';

/** How answers are shown. */
export const formats = ['text', 'json', 'table', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** What can be said with every command. */
export interface Globals {
  readonly output?: Format;
  /** Address of the sidecar that speaks for this machine. */
  readonly proxy?: string;
  readonly token?: string;
  readonly help?: boolean;
}

/**
 * The flags of infrastructure that help tells of. micro-ts reads all of them itself, from the arguments
 * of the process; here they are known, so that they are no mistake.
 */
const infrastructure: Readonly<Record<string, string>> = {
  registry: 'Registry: local, etcd, consul, … (MICRO_REGISTRY)',
  registry_address: 'Its address, or several: a:1,b:2 (MICRO_REGISTRY_ADDRESS)',
  broker: 'Broker (MICRO_BROKER)',
  broker_address: 'Its address, or several (MICRO_BROKER_ADDRESS)',
  transport: 'Transport (MICRO_TRANSPORT)',
  transport_address: 'Its address, or several (MICRO_TRANSPORT_ADDRESS)',
  client_request_timeout: 'Longest time for a call, 5s unless given (MICRO_CLIENT_REQUEST_TIMEOUT)',
  log_level: 'debug, info, warn or error (MICRO_LOG_LEVEL)',
};

/** Adds `--output` and `--help`. */
export function addOutputOptions(line: Line): Line {
  return line
    .helpOption(false)
    .addOption(new Option('-h, --help', 'Show this'))
    .addOption(new Option('-o, --output <format>', 'How answers are shown').choices(formats));
}

/**
 * Adds what can be said of the system that a command is given to.
 * @param shown whether help lists it
 */
export function addSystemOptions(line: Line, shown: boolean): Line {
  const add = (name: string, text: string, listed = shown): void => {
    for (const each of new Set([name.replaceAll('_', '-'), name])) {
      if (line.options.some(({ long }) => long === `--${each}`)) continue;
      const hidden = !listed || each.includes('_');
      line.addOption(new Option(`--${each} <value>`, text).hideHelp(hidden));
    }
  };
  add('proxy', 'Address of a sidecar to speak to instead (MICRO_PROXY_ADDRESS)');
  add('proxy_address', '', false);
  add('token', 'Token for the sidecar; better in MICRO_TOKEN');
  for (const [name, text] of Object.entries(infrastructure)) add(name, text);
  for (const name of settingNames) if (!(name in infrastructure)) add(name, '', false);
  return line;
}

type Said = Partial<Globals> & { readonly proxyAddress?: string };

/** The form that was asked for on a line that may make no sense otherwise. */
export function formatIn(words: readonly string[]): Format | undefined {
  const said = words.flatMap((word, at) => {
    if (word === '--output' || word === '-o') return words[at + 1] ?? [];
    return /^(?:--output=|-o=?)(.+)$/.exec(word)?.[1] ?? [];
  });
  return formats.find((format) => format === said.at(-1));
}

/** What was said, the later line over the earlier. */
export function globalsOf(...lines: readonly Line[]): Globals {
  const said: Said = Object.assign({}, ...lines.map((line) => line.opts<Said>()));
  const proxy = said.proxy ?? said.proxyAddress ?? process.env['MICRO_PROXY_ADDRESS'];
  const token = said.token ?? process.env['MICRO_TOKEN'];
  return {
    ...(said.output !== undefined && { output: said.output }),
    ...(proxy !== undefined && proxy !== '' && { proxy }),
    ...(token !== undefined && token !== '' && { token }),
    ...(said.help === true && { help: true }),
  };
}
