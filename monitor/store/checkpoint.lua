-- Writes one checkpoint whole, or nothing.
--
-- KEYS[1] head, KEYS[2] days, KEYS[3…] one list for each entry below
-- ARGV[1] epoch, [2] sequence of the lease, [3] expected offset, [4] next offset, [5] head, [6] channel,
-- [7] partition, then for each key from the third on: day, "append" or "replace", number of blobs, the blobs
-- Returns {"written" or "repeated", sequence}, or {reason of the refusal, what is stored}.
--
-- All refusals come before the first write, and the first write is one that Redis refuses when it is out of
-- memory: after it, Redis lets a script finish.

local PUSHED_AT_ONCE = 1000 -- Lua's stack bounds how many arguments a call can have
local LEAP = 100000
-- A server may come back with an older state (a snapshot, a lagging replica) and have lost checkpoints that
-- readers know. It then has a new owner, whose first checkpoint leaps past all that can have been lost: no reader
-- mistakes a new checkpoint for one it has seen.

local stored = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'next_offset', 'head', 'writer', 'previous')
local epoch, sequence, next_offset, head, writer, previous = unpack(stored)
if epoch ~= ARGV[1] then
  return {'epoch', epoch}
end
if writer == ARGV[1] and previous == ARGV[2] and next_offset == ARGV[4] and head == ARGV[5] then
  return {'repeated', sequence}
end
if sequence ~= ARGV[2] then
  return {'sequence', sequence}
end
if next_offset and next_offset ~= ARGV[3] then
  return {'offset', next_offset}
end

local following = string.format('%.0f', tonumber(sequence) + (writer == epoch and 1 or LEAP))
redis.call('HSET', KEYS[1], 'sequence', following, 'next_offset', ARGV[4], 'head', ARGV[5], 'writer', epoch,
  'previous', sequence)
local at = 8
for key = 3, #KEYS do
  local blobs = tonumber(ARGV[at + 2])
  if ARGV[at + 1] == 'replace' then
    redis.call('DEL', KEYS[key])
  end
  local first, last = at + 3, at + 2 + blobs
  for from = first, last, PUSHED_AT_ONCE do
    redis.call('RPUSH', KEYS[key], unpack(ARGV, from, math.min(from + PUSHED_AT_ONCE - 1, last)))
  end
  redis.call('ZADD', KEYS[2], following, ARGV[at])
  at = last + 1
end

redis.pcall('PUBLISH', ARGV[6], ARGV[7]) -- a hint: whether it is heard, or even allowed, decides nothing
return {'written', following}
