export { defineCommand, permissions } from './command.ts';
export type { Command, CommandContext, InputSchema, Kept, Micro } from './command.ts';
export type { OpenMembers, Permission } from './command.ts';
export type { Output, Table } from './output.ts';
export { defineToolkitApp } from './toolkit-app.ts';
export type { OptionsSchema, RunningToolkitApp, ToolkitApp } from './toolkit-app.ts';

export { createCommands, inputSchemaOf, loadCommand } from './commands.ts';
export type { CommandEntry, Commands, FoundCommand, LazyCommand } from './commands.ts';

// The commands themselves.
export { serviceCommands } from './service-commands.ts';
export { benchCommand } from './bench/index.ts';
export { callCommand, streamCommand } from './call.ts';
export { doctorCommand } from './doctor/index.ts';
export { getCommand } from './get.ts';
export { healthCommand } from './health.ts';
export { listCommand } from './list.ts';
export { publishCommand } from './publish.ts';
export { deregisterCommand, registerCommand } from './register.ts';
export { statsCommand } from './stats.ts';
export { subscribeCommand } from './subscribe.ts';
export { topCommand } from './top/index.ts';

// For those who show what `top` tells in a way of their own.
export { Sampler } from './top/sampler.ts';
export type { Row } from './top/sampler.ts';
export { topCells, topColumns } from './top/table.ts';

// For commands of others.
export { duration } from './inputs.ts';
export { endpointsOf, findService } from './find-service.ts';

// For those who offer commands: what to ask for, and what was meant.
export { membersOf } from './json-schema.ts';
export type { JsonSchema, Member } from './json-schema.ts';
export { takesMember } from './fields.ts';
export type { Fields } from './fields.ts';
export { indentJson } from './json-text.ts';
export { isMisuse, misuse } from './misuse.ts';
export { didYouMean, nearest } from './nearest.ts';
