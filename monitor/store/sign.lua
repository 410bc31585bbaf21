-- Says that a worker lives, until a moment by this server's clock.
--
-- KEYS[1] workers (hash: name → "<until, milliseconds> <partitions> <slowed>", numbers separated by commas)
-- ARGV[1] name, [2] for how many milliseconds, [3] what it says, [4] most workers
-- Returns "signed" or "full".
--
-- Whoever signs clears away what is over, and what cannot be one of ours: the key stays small, and the last of the
-- workers leaves none behind.

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local most = tonumber(ARGV[4])
if redis.call('HLEN', KEYS[1]) > 2 * most then
  redis.call('DEL', KEYS[1])
end
local known = redis.call('HGETALL', KEYS[1])
local others = 0
for at = 1, #known, 2 do
  local till = tonumber(string.match(known[at + 1], '^(%d+) '))
  if not till or till <= now then
    redis.call('HDEL', KEYS[1], known[at])
  elseif known[at] ~= ARGV[1] then
    others = others + 1
  end
end
if others >= most then
  return 'full'
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s', now + tonumber(ARGV[2]), ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'signed'
