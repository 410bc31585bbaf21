-- Makes the caller the owner of a partition.
--
-- KEYS[1] head            ARGV[1] schema version of the program
-- Returns {"claimed", epoch, sequence, next_offset or nil} or {"schema", version found}; numbers as decimal text.
--
-- The epoch counts claims, on an empty partition from the server's clock: no lease from before the store was
-- emptied ever fits again. The sequence of an empty partition begins at a number that falls with the clock: a
-- store that was emptied and filled again stays below what it once was, which is how a reader that slept through
-- both notices.

local LIVES_BEGIN_BELOW = 4503599627370496 -- 2^52; scores and Lua numbers are exact up to 2^53

local stored = redis.call('HMGET', KEYS[1], 'schema', 'epoch', 'sequence', 'next_offset')
if stored[1] and stored[1] ~= ARGV[1] then
  return {'schema', stored[1]}
end

local clock = redis.call('TIME')
local microseconds = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local epoch = string.format('%.0f', stored[2] and tonumber(stored[2]) + 1 or microseconds)
local sequence = stored[3] or string.format('%.0f', LIVES_BEGIN_BELOW - microseconds)

redis.call('HSET', KEYS[1], 'schema', ARGV[1], 'epoch', epoch, 'sequence', sequence)
return {'claimed', epoch, sequence, stored[4]}
