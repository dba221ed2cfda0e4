export { defineCommand, permissions } from './command.ts';
export type { Command, CommandContext, InputSchema, Kept, Micro } from './command.ts';
export type { OpenMembers, Permission } from './command.ts';
export type { Output, Table } from './output.ts';
export { defineToolkitApp } from './toolkit-app.ts';
export type { OptionsSchema, RunningApp, ToolkitApp } from './toolkit-app.ts';

export { checkInput, createCommands, inputSchemaOf, loadCommand } from './commands.ts';
export type { CommandEntry, Commands, FoundCommand, LazyCommand } from './commands.ts';

// The commands themselves.
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
export { serviceCommands } from './service-commands.ts';

export { byVersion, endpointsOf, findEndpoint, findService } from './find-service.ts';

// For commands of others: what the usual members of their input are, and a request made of them.
export { duration, jsonWords, named, openMembers } from './inputs.ts';
export { messageOf, rawJson } from './request-body.ts';
export { endpointOf, requestMembers } from './request-members.ts';

// For those who show what `top` tells in another way.
export { Sampler } from './top/sampler.ts';
export type { Row } from './top/sampler.ts';
export { topCells, topColumns } from './top/table.ts';

// For those who offer commands: what to ask for, and what was meant.
export { membersOf } from './json-schema.ts';
export type { JsonSchema, Member } from './json-schema.ts';
export { jsonOfFields } from './fields.ts';
export type { Fields } from './fields.ts';
export { compactJson, indentJson } from './json-text.ts';
export { isMisuse, misuse } from './misuse.ts';
export { didYouMean, nearest } from './nearest.ts';
