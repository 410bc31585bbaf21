-- A partition at one moment: head, days changed since, and the content of the days asked for. Writes nothing.
--
-- KEYS[1] head, KEYS[2] days, KEYS[3…] lists of the days asked for
-- ARGV[1] sequence: days changed after it; 0 for all, and all where the store was emptied and is behind it
-- Returns {{schema, epoch, sequence, next_offset, head}, {day, …}, {blob, …} for each key from the third on}
--
-- A script and no MULTI: a server that is out of memory refuses whatever is queued, even what only reads.

local stored = redis.call('HMGET', KEYS[1], 'schema', 'epoch', 'sequence', 'next_offset', 'head')
local since = ARGV[1]
if stored[3] and tonumber(stored[3]) < tonumber(since) then
  since = '0'
end
local answer = {stored, redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. since, '+inf')}
for key = 3, #KEYS do
  answer[key] = redis.call('LRANGE', KEYS[key], 0, -1)
end
return answer
