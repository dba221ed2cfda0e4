import { clock } from './queue-scripts.ts';

/**
 * Keys go by themselves where nobody asks any more, so many ms after what is in them: had they gone
 * before, nobody would have been told.
 */
const longer = 60_000;

/** Most nodes that one script removes: the server does nothing else meanwhile. The next goes on. */
const passes = 20;
const perPass = 1_000;

/**
 * The registry: KEYS[1] is the sorted set of nodes by their expiry, KEYS[2] the set of services,
 * KEYS[3] the time since when nobody has emptied it, ARGV[1] the begin of the keys of services, ARGV[2] the channel of changes. Each service is a hash of records
 * by node id. Who asks removes what has expired, and tells of it: Redis itself tells nobody unless it
 * is configured to. What others have put there is no reason to stop: a key of another type is
 * deleted where it has to be written, and a member that is no node is removed when its time is over.
 */
const shared = `${clock}
local stamp = string.format('%.0f', t[1] * 1000000 + t[2])
local function member(service, id) return string.len(service) .. ':' .. service .. id end
local function tell(service, id, record, ttl)
  redis.call('PUBLISH', ARGV[2], cjson.encode({ stamp, service, id, record, ttl }))
end
local function own(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then redis.call('DEL', key) end
end
local function remove(service, id)
  local key = ARGV[1] .. service
  local gone = redis.call('ZREM', KEYS[1], member(service, id))
  local record = redis.pcall('HDEL', key, id)
  if type(record) == 'number' then gone = gone + record end
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', KEYS[2], service) end
  if gone > 0 then tell(service, id, '', 0) end
end
local function expire(each)
  local digits, rest = string.match(each, '^(%d%d?%d?%d?%d?):(.*)$')
  local length = tonumber(digits)
  local service = length and string.sub(rest, 1, length)
  local id = length and string.sub(rest, length + 1)
  if length and member(service, id) == each then remove(service, id) end
  redis.call('ZREM', KEYS[1], each)
end
local function sweep()
  for _ = 1, ${passes} do
    local late = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ${perPass})
    for _, each in ipairs(late) do expire(each) end
    if #late < ${perPass} then return end
  end
end
local function outlive(key, ttl)
  local life = tonumber(ttl) + ${longer}
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, life) end
end
own(KEYS[1], 'zset')
own(KEYS[2], 'set')
own(KEYS[3], 'string')
sweep()
`;

/** ARGV: service, id, record, ttl. Tells of it only if the record is another. */
const register = `${shared}
local service, id, record, ttl = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = ARGV[1] .. service
own(key, 'hash')
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

/**
 * ARGV: services. Answers a stamp, then ids and records of each service; why there are none is told as
 * a record that cannot be read.
 */
const lookup = `${shared}
local found = { stamp }
for i = 3, #ARGV do
  local records = redis.pcall('HGETALL', ARGV[1] .. ARGV[i])
  found[i - 1] = records.err and { '', records.err } or records
end
return found
`;

const list = `${shared}
return redis.call('SMEMBERS', KEYS[2])
`;

/** Answers in how many ms the next node expires, or -1, and since when the registry is not emptied. */
const sweep = `${shared}
redis.call('SET', KEYS[3], stamp, 'NX')
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local left = first[2] and math.min(math.max(0, tonumber(first[2]) - now), ${longer}) or -1
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
