-- Makes the caller the owner of a partition.
--
-- KEYS[1] head, KEYS[2] days
-- ARGV[1] schema version of the program, [2] the version before it, [3] what the keys of days begin with,
-- [4] "anew" where what is stored is to be given up, else ""
-- Returns {"claimed", epoch, sequence, next_offset or nil, epoch before or nil}, {"schema", version found} or
-- {"damaged", field, value}; numbers as decimal text.
--
-- The epoch grows with every claim, and is the server's clock in microseconds wherever that is ahead of it; where it
-- is not (a clock that once ran ahead), it grows by as many as the clock has in this second. So no lease from before
-- the store was emptied ever fits again, nor one that was granted by a master of which the last second was lost: a
-- number that was only counted would be granted twice then. The sequence of an empty partition begins at a number
-- that falls with the clock: a store that was emptied and filled again stays below what it once was, which is how a
-- reader that slept through both notices.
--
-- Redis does not undo what a script did before it failed. Wherever this one ends, nothing is stored or everything
-- that was; and as the only HSET comes last, nobody owns what is not yet cleared.

local LIVES_BEGIN_BELOW = 4503599627370496 -- 2^52; scores and Lua numbers are exact up to 2^53
local MOST_DAYS = 100000
local FIELDS = {'schema', 'epoch', 'sequence', 'next_offset', 'head'}

local schema, before, sequence, next_offset, head = unpack(redis.call('HMGET', KEYS[1], unpack(FIELDS)))
if schema and schema ~= ARGV[1] and schema ~= ARGV[2] then
  return {'schema', schema}
end
if ARGV[4] == 'anew' or head and not next_offset then
  redis.call('DEL', KEYS[1]) -- first: without it the days are nobody's, and every lease is void
  schema, before, sequence, next_offset = false, false, false, false
end
for field, value in pairs({schema = schema, epoch = before, sequence = sequence, next_offset = next_offset}) do
  if value and not (string.match(value, '^%d+$') and #value <= 16) or next_offset and not value then
    return {'damaged', field, value or ''}
  end
end

if not next_offset then -- days without a head, or of a first checkpoint that Redis refused half-way
  for _, day in ipairs(redis.call('ZRANGE', KEYS[2], 0, MOST_DAYS)) do -- beyond, they are nobody's all the same
    redis.call('DEL', ARGV[3] .. day)
  end
  redis.call('DEL', KEYS[2])
end

local clock = redis.call('TIME')
local microseconds = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local epoch = string.format('%.0f', math.max(before and tonumber(before) + 1 + clock[2] or 0, microseconds))
sequence = sequence or string.format('%.0f', LIVES_BEGIN_BELOW - microseconds)
local fields = {'schema', ARGV[1], 'epoch', epoch, 'sequence', sequence}
if schema ~= ARGV[1] then -- what is older than this bears no marks (checkpoint.lua)
  fields[#fields + 1] = 'marked_from'
  fields[#fields + 1] = sequence
end
redis.call('HSET', KEYS[1], unpack(fields))
return {'claimed', epoch, sequence, next_offset, before}
