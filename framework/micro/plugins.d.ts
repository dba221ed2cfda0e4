/* eslint-disable @typescript-eslint/ban-ts-comment -- what is an error without a package is none with it */
// Types the names and options of the plugins that are installed: each adds itself to `Plugins`. Those
// that are not installed are not known, so naming one does not compile.
import type {} from '@micro-ts/http';
import type {} from '@micro-ts/local';
import type {} from '@micro-ts/memory';
import type {} from '@micro-ts/validation';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/consul';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/etcd';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/mdns';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/nats';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/rabbitmq';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/redis';
// @ts-ignore absent unless installed
import type {} from '@micro-ts/resilience';
