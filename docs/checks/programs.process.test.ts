import { rmSync } from 'node:fs';
import { readDocuments } from './documents.ts';
import { makeFolder, writeProject } from './project.ts';
import { isExecuted, Session } from './session.ts';

describe('what the documents run', () => {
  const folder = makeFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const programs = readDocuments().filter(({ blocks }) => blocks.some(isExecuted));

  it.each(programs.map((document) => [document.path, document] as const))(
    '%s does what it says',
    async (_path, document) => {
      const session = new Session(document, writeProject(document, folder));
      try {
        await session.play();
      } finally {
        session.close();
      }
    },
    180_000,
  );
});
