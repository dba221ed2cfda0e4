/** Server time in ms, for nobody's clock is like another's. */
export const clock = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/**
 * Queues: KEYS[1] is the sorted set of queues, ARGV[1] the begin of the keys of their streams. Each
 * queue is a stream with one consumer group, \`micro\`; what is acknowledged is deleted, so that the
 * stream is as long as what is left to do.
 */
const leases = `
local function forget(queue)
  redis.call('DEL', ARGV[1] .. queue)
  redis.call('ZREM', KEYS[1], queue)
end
local function prolong(queue, lease)
  local score = redis.call('ZSCORE', KEYS[1], queue)
  if lease == 'inf' or score == 'inf' then
    redis.call('ZADD', KEYS[1], '+inf', queue)
    redis.call('PERSIST', ARGV[1] .. queue)
  else
    redis.call('ZADD', KEYS[1], now + lease, queue)
    redis.call('PEXPIRE', ARGV[1] .. queue, lease)
  end
  if redis.call('ZCOUNT', KEYS[1], '+inf', '+inf') > 0 then
    redis.call('PERSIST', KEYS[1])
  elseif redis.call('PTTL', KEYS[1]) < tonumber(lease) then
    redis.call('PEXPIRE', KEYS[1], lease)
  end
end
`;

/**
 * ARGV: wake, channel, most events, envelopes. All queues take an event, or none. Answers the indices
 * of those that were refused because a queue is full.
 */
const publish = `${clock}${leases}
local queues = {}
if redis.call('EXISTS', KEYS[1]) == 1 then
  for _, queue in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do forget(queue) end
  local known = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
  for i = 1, #known, 2 do
    local stream = ARGV[1] .. known[i]
    local keeps = known[i + 1] == 'inf' or string.sub(known[i], 1, 2) == 's:'
    local length = redis.pcall('XLEN', stream)
    if type(length) == 'number' then
      queues[#queues + 1] = { stream = stream, keeps = keeps, length = length }
    elseif keeps then
      return redis.error_reply('WRONGTYPE ' .. stream)
    end
  end
end
local most, full, taken = tonumber(ARGV[4]), {}, false
for i = 5, #ARGV do
  local room = true
  for _, queue in ipairs(queues) do
    if queue.keeps and queue.length >= most then room = false end
  end
  if room then
    for _, queue in ipairs(queues) do
      if queue.length < most then
        redis.call('XADD', queue.stream, '*', 'e', ARGV[i])
        queue.length = queue.length + 1
        taken = true
      end
    end
    redis.call('PUBLISH', ARGV[3], ARGV[i])
  else
    full[#full + 1] = i - 5
  end
end
if taken then redis.call('PUBLISH', ARGV[2], '') end
return full
`;

/** ARGV: queue, wake, envelope, most events, digest of the envelope: it is taken once in ten seconds. */
const adopt = `
local stream = ARGV[1] .. ARGV[2]
if not redis.call('ZSCORE', KEYS[1], ARGV[2]) then return 0 end
local once = ARGV[1] .. 'adopted:' .. ARGV[6] .. ARGV[2]
if not redis.call('SET', once, '1', 'NX', 'PX', 10000) then return 0 end
if redis.call('XLEN', stream) >= tonumber(ARGV[5]) then
  return redis.error_reply('QUEUEFULL ' .. ARGV[2])
end
redis.call('XADD', stream, '*', 'e', ARGV[4])
redis.call('PUBLISH', ARGV[3], '')
return 1
`;

/**
 * KEYS: queues, dead letters. ARGV: begin of the streams, queue, digest, most dead letters, fields. What
 * others have published and nobody can read; it is buried once in ten seconds for each queue.
 */
const buryForeign = `
if not redis.call('ZSCORE', KEYS[1], ARGV[2]) then return 0 end
local once = ARGV[1] .. 'adopted:' .. ARGV[3] .. ARGV[2]
if not redis.call('SET', once, '1', 'NX', 'PX', 10000) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', unpack(ARGV, 5))
return 1
`;

/** ARGV: queue, consumer, lease. Makes the queue if there is none; a known one keeps its events. */
const join = `${clock}${leases}
local queue, stream = ARGV[2], ARGV[1] .. ARGV[2]
local score = redis.call('ZSCORE', KEYS[1], queue)
if not score or (score ~= 'inf' and tonumber(score) <= now) then forget(queue) end
local made = redis.pcall('XGROUP', 'CREATE', stream, 'micro', '0', 'MKSTREAM')
if type(made) == 'table' and made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
for _, each in ipairs(redis.call('XINFO', 'CONSUMERS', stream, 'micro')) do
  local facts = {}
  for i = 1, #each, 2 do facts[each[i]] = each[i + 1] end
  if facts.pending == 0 and facts.idle > 600000 then
    redis.call('XGROUP', 'DELCONSUMER', stream, 'micro', facts.name)
  end
end
redis.call('XGROUP', 'CREATECONSUMER', stream, 'micro', ARGV[3])
prolong(queue, ARGV[4])
return 1
`;

/** ARGV: queue, consumer, lease, ids in hand. Says that the consumer lives and works on them. */
const tend = `${clock}${leases}
local queue, stream, consumer = ARGV[2], ARGV[1] .. ARGV[2], ARGV[3]
if redis.call('EXISTS', stream) == 0 or not redis.call('ZSCORE', KEYS[1], queue) then
  return redis.error_reply('NOGROUP the queue is gone')
end
prolong(queue, ARGV[4])
for i = 5, #ARGV do
  local found = redis.call('XPENDING', stream, 'micro', ARGV[i], ARGV[i], 1)[1]
  if found and found[2] == consumer then
    redis.call('XCLAIM', stream, 'micro', consumer, 0, ARGV[i], 'JUSTID')
  end
end
return 1
`;

/** ARGV: queue, consumer. What it has in hand stays for others; a queue of its own goes. */
const leave = `${clock}${leases}
local queue, stream, consumer = ARGV[2], ARGV[1] .. ARGV[2], ARGV[3]
local score = redis.call('ZSCORE', KEYS[1], queue)
if not score then return 0 end
if string.sub(queue, 1, 2) == 's:' then return forget(queue) end
if redis.call('EXISTS', stream) == 0 then return 0 end
if #redis.call('XPENDING', stream, 'micro', '-', '+', 1, consumer) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', stream, 'micro', consumer)
end
if score ~= 'inf' and #redis.call('XINFO', 'CONSUMERS', stream, 'micro') == 0 then forget(queue) end
return 1
`;

/**
 * KEYS: stream. ARGV: consumer, count, ms after which what others hold is taken over, whether to look
 * for that, whether to acknowledge at once. Answers id, attempt and fields of each event.
 */
const take = `
local stream, consumer, room = KEYS[1], ARGV[1], tonumber(ARGV[2])
local taken = {}
if ARGV[4] == '1' then
  local due = redis.call('XPENDING', stream, 'micro', 'IDLE', ARGV[3], '-', '+', room)
  for _, each in ipairs(due) do
    local got = redis.call('XCLAIM', stream, 'micro', consumer, ARGV[3], each[1])[1]
    if got and got[2] then
      taken[#taken + 1] = { each[1], each[4] + 1, got[2] }
      room = room - 1
    else
      redis.call('XACK', stream, 'micro', each[1])
    end
  end
end
if room > 0 then
  local read =
    redis.call('XREADGROUP', 'GROUP', 'micro', consumer, 'COUNT', room, 'STREAMS', stream, '>')
  for _, each in ipairs(read and read[1][2] or {}) do
    taken[#taken + 1] = { each[1], 1, each[2] }
    if ARGV[5] == '1' then
      redis.call('XACK', stream, 'micro', each[1])
      redis.call('XDEL', stream, each[1])
    end
  end
end
return taken
`;

/** KEYS: stream. ARGV: id. */
const done = `
redis.call('XACK', KEYS[1], 'micro', ARGV[1])
return redis.call('XDEL', KEYS[1], ARGV[1])
`;

/**
 * KEYS: stream. ARGV: id, consumer, ms that it counts as idle, deliveries so far, channel to wake others
 * or empty.
 */
const again = `
local found = redis.call('XPENDING', KEYS[1], 'micro', ARGV[1], ARGV[1], 1)[1]
if not found or found[2] ~= ARGV[2] then return 0 end
local so_far = { 'RETRYCOUNT', ARGV[4], 'JUSTID' }
redis.call('XCLAIM', KEYS[1], 'micro', ARGV[2], 0, ARGV[1], 'IDLE', ARGV[3], unpack(so_far))
if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[5], 'claim') end
return 1
`;

/** KEYS: stream, dead letters. ARGV: id, most dead letters, fields of the dead letter. */
const bury = `
if #redis.call('XPENDING', KEYS[1], 'micro', ARGV[1], ARGV[1], 1) == 0 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3))
redis.call('XACK', KEYS[1], 'micro', ARGV[1])
return redis.call('XDEL', KEYS[1], ARGV[1])
`;

const one = (lua: string) => ({ lua });

/** Scripts of the broker, by the names under which the driver has them. */
export const queueScripts = {
  microPublish: one(publish),
  microAdopt: one(adopt),
  microBuryForeign: one(buryForeign),
  microJoin: one(join),
  microTend: one(tend),
  microLeave: one(leave),
  microTake: one(take),
  microDone: one(done),
  microAgain: one(again),
  microBury: one(bury),
};
