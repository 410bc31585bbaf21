-- Writes one checkpoint whole, or nothing that anybody would see.
--
-- KEYS[1] head, KEYS[2] days, KEYS[3…] one list for each entry below
-- ARGV[1] epoch, [2] sequence of the lease, [3] expected offset, [4] next offset, [5] head, [6] channel,
-- [7] partition, [8] what the keys of days begin with,
-- then for each key from the third on: day, "append" or "replace", number of blobs, the blobs
-- Returns {"written" or "repeated", sequence}, or {reason of the refusal, what is stored}.
--
-- Redis does not undo what a script did before one of its commands was refused (a right, a renamed command, a key
-- of another type). So one command decides: the HSET of the head. Every blob bears a mark with the sequence of its
-- checkpoint, and what is marked beyond the head's sequence is not there for any reader. The feed names a day
-- before anything is pushed to it: days scored beyond the head's sequence are all that a failed attempt can have
-- touched. The next attempt, whoever's, takes that back first.
--
-- A mark is a zero byte, "+" (added to the day), "=" (in place of all before) or "-" (the same, and no blob
-- follows), the sequence, a space. No blob from before there were marks begins with a zero byte.

local PUSHED_AT_ONCE = 1000 -- Lua's stack bounds how many arguments a call can have
local LEAP = 100000
-- A server may come back with an older state (a snapshot, a lagging replica) and have lost checkpoints that
-- readers know. It then has a new owner, whose first checkpoint leaps past all that can have been lost: no reader
-- mistakes a new checkpoint for one it has seen. Two lives of one state may both have leapt, though: so the head
-- also says which checkpoint its writer continued, and a reader asks whether the one that it knows led to this.

local stored = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'next_offset', 'head', 'writer', 'previous', 'days',
  'marked_from')
local epoch, sequence, next_offset, head, writer, previous, days, marked_from = unpack(stored)
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

local function take_back(day) -- what a failed attempt has pushed; the score is again that of the last checkpoint
  local key = ARGV[8] .. day
  local length = redis.call('LLEN', key)
  local left, score = length, nil
  while left > 0 and not score do
    local mark = string.match(redis.call('LINDEX', key, left - 1), '^%z[+=-](%d+) ') or marked_from
    if tonumber(mark) <= tonumber(sequence) then
      score = mark
    else
      left = left - 1
    end
  end
  if left == 0 then
    redis.call('LTRIM', key, 1, 0)
    redis.call('ZREM', KEYS[2], day)
  else
    redis.call('LTRIM', key, 0, left - 1)
    redis.call('ZADD', KEYS[2], score, day)
  end
end

for _, day in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. sequence, '+inf')) do
  take_back(day)
end
if next_offset and days and (tonumber(days) or 2 ^ 53) > redis.call('ZCARD', KEYS[2]) then -- as every reader has it
  return {'damaged', days}
end

local following = string.format('%.0f', tonumber(sequence) + (writer == epoch and 1 or LEAP))
local begins = {} -- by key that is written anew: where its new content begins
local at = 9
for key = 3, #KEYS do
  local day, operation, blobs = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local first, last = at + 3, at + 2 + blobs
  local unknown = redis.call('ZADD', KEYS[2], following, day) == 1
  local mark = '\0+' .. following .. ' '
  for blob = first, last do
    ARGV[blob] = mark .. ARGV[blob]
  end
  if operation == 'replace' or unknown then -- of a day that the feed did not know, no content is anybody's
    begins[KEYS[key]] = redis.call('LLEN', KEYS[key])
    if blobs == 0 then
      redis.call('RPUSH', KEYS[key], '\0-' .. following .. ' ')
    else
      ARGV[first] = '\0=' .. string.sub(ARGV[first], 3)
    end
  end
  for from = first, last, PUSHED_AT_ONCE do
    redis.call('RPUSH', KEYS[key], unpack(ARGV, from, math.min(from + PUSHED_AT_ONCE - 1, last)))
  end
  redis.call('LTRIM', KEYS[key], 0, -1) -- changes nothing; if it may not be done, that must show before the head
  at = last + 1
end

local fields = {'sequence', following, 'next_offset', ARGV[4], 'head', ARGV[5], 'writer', epoch, 'previous', sequence,
  'days', redis.call('ZCARD', KEYS[2])}
if writer ~= epoch then
  for _, word in ipairs({'from_writer', writer or '0', 'from_sequence', sequence}) do
    fields[#fields + 1] = word
  end
end
redis.call('HSET', KEYS[1], unpack(fields))

for key, begin in pairs(begins) do
  redis.call('LTRIM', key, begin, -1) -- what nobody reads any more
end
redis.pcall('PUBLISH', ARGV[6], ARGV[7]) -- a hint: whether it is heard, or even allowed, decides nothing
return {'written', following}
