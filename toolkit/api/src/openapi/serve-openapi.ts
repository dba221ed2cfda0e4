import fastifyStatic from '@fastify/static';
import { refuseOtherMethods } from '@micro-ts/edge';
import type { Directory } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';
import { docsPage, docsPath, docsPolicy, startScript } from './docs-page.ts';
import type { OpenApiOptions } from './document.ts';
import { liveDocument } from './live-document.ts';
import { swaggerFiles, swaggerFolder } from './swagger-files.ts';

/** What {@link serveOpenApi} is given. */
export interface OpenApiParts {
  readonly directory: Pick<Directory, 'services' | 'version'>;
  readonly options?: OpenApiOptions;
}

const read = ['GET', 'HEAD'];

/**
 * Fastify plugin: the document at `/openapi.json`, and a page that shows it at `/docs/`. Both are of
 * this moment; whoever asks again with the `ETag` is told if nothing changed.
 */
export async function serveOpenApi(
  fastify: FastifyInstance,
  { directory, options }: OpenApiParts,
): Promise<void> {
  const document = liveDocument(directory, options);
  fastify.route({
    ...{ method: read, url: '/openapi.json' },
    handler: (request, reply) => {
      const { bytes, etag } = document();
      reply.header('etag', etag).header('cache-control', 'no-cache');
      if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.type('application/vnd.oai.openapi+json;version=3.1').send(bytes);
    },
  });
  await fastify.register(async (docs) => serveDocs(docs), { prefix: docsPath });
  for (const own of ['/openapi.json', docsPath, `${docsPath}/`])
    refuseOtherMethods(fastify, own, read);
}

async function serveDocs(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', docsPolicy);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
  });
  // Relative, as the gateway may stand below a path of somebody else.
  fastify.route({
    ...{ method: read, url: '', prefixTrailingSlash: 'no-slash' },
    handler: (_request, reply) => reply.redirect('docs/', 302),
  });
  const serve = (url: string, type: string, text: string): void =>
    void fastify.route({
      ...{ method: read, url, prefixTrailingSlash: 'slash' },
      handler: (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(text),
    });
  serve('/', 'text/html; charset=utf-8', docsPage);
  serve('/start.js', 'text/javascript; charset=utf-8', startScript);
  const files = new Set<string>(swaggerFiles.map((name) => `/${name}`));
  await fastify.register(fastifyStatic, {
    root: swaggerFolder(),
    index: false,
    decorateReply: false,
    maxAge: 3_600_000,
    allowedPath: (path) => files.has(path),
  });
}

/** `If-None-Match` holds entity tags, weak ones among them where something compressed the answer. */
const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  header.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')));
