import { clock } from './queue-scripts.ts';

/**
 * Keys go by themselves where nobody asks any more, so many ms after what is in them: had they gone
 * before, nobody would have been told.
 */
const longer = 60_000;

/**
 * The registry: KEYS[1] is the sorted set of nodes by their expiry, KEYS[2] the set of services,
 * KEYS[3] the time since when nobody has emptied it, ARGV[1] the begin of the keys of services, ARGV[2] the channel of changes. Each service is a hash of records
 * by node id. Who asks removes what has expired, and tells of it: Redis itself tells nobody unless it
 * is configured to.
 */
const shared = `${clock}
local stamp = string.format('%.0f', t[1] * 1000000 + t[2])
local function member(service, id) return string.len(service) .. ':' .. service .. id end
local function tell(service, id, record, ttl)
  redis.call('PUBLISH', ARGV[2], cjson.encode({ stamp, service, id, record, ttl }))
end
local function remove(service, id)
  local key = ARGV[1] .. service
  local gone = redis.call('ZREM', KEYS[1], member(service, id)) + redis.call('HDEL', key, id)
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', KEYS[2], service) end
  if gone > 0 then tell(service, id, '', 0) end
end
local function sweep()
  local late = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)
  while #late > 0 do
    for _, each in ipairs(late) do
      local length, rest = string.match(each, '^(%d+):(.*)$')
      remove(string.sub(rest, 1, length), string.sub(rest, length + 1))
    end
    late = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)
  end
end
local function outlive(key, ttl)
  local life = tonumber(ttl) + ${longer}
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, life) end
end
sweep()
`;

/** ARGV: service, id, record, ttl. Tells of it only if the record is another. */
const register = `${shared}
local service, id, record, ttl = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = ARGV[1] .. service
local known = redis.call('HGET', key, id)
if known ~= record then redis.call('HSET', key, id, record) end
redis.call('ZADD', KEYS[1], now + ttl, member(service, id))
redis.call('SADD', KEYS[2], service)
for _, each in ipairs({ key, KEYS[1], KEYS[2] }) do outlive(each, ttl) end
if known ~= record then tell(service, id, record, tonumber(ttl)) end
return 1
`;

/** ARGV: service, id. */
const deregister = `${shared}
remove(ARGV[3], ARGV[4])
return 1
`;

/** ARGV: services. Answers a stamp, then ids and records of each service. */
const lookup = `${shared}
local found = { stamp }
for i = 3, #ARGV do found[i - 1] = redis.call('HGETALL', ARGV[1] .. ARGV[i]) end
return found
`;

const list = `${shared}
return redis.call('SMEMBERS', KEYS[2])
`;

/** Answers in how many ms the next node expires, or -1, and since when the registry is not emptied. */
const sweep = `${shared}
redis.call('SET', KEYS[3], stamp, 'NX')
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local left = first[2] and math.max(0, tonumber(first[2]) - now) or -1
return { left, redis.call('GET', KEYS[3]) }
`;

/** Scripts of the registry, by the names under which the driver has them. */
export const registryScripts = {
  microRegister: { lua: register },
  microDeregister: { lua: deregister },
  microLookup: { lua: lookup },
  microList: { lua: list },
  microSweep: { lua: sweep },
};
