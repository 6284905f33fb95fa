-- Sends the requests of the file that is given as its first argument, in turns, and says at the end what it counted, as JSON.
-- One connection a thread, and of each visitor's requests, as many in a row as the second argument says, the next when the
-- one before is answered: with the session cookie of that answer, as a browser does. The third is the number of threads.
local threads = 0
local requests = {}
local at = 0
local in_a_row = 1
local cookie = nil

function setup(thread)
  thread:set("place", threads)
  threads = threads + 1
end

local function read(path, mine)
  local file = assert(io.open(path, "rb"))
  local n = 0
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    if mine(math.floor(n / in_a_row)) then requests[#requests + 1] = file:read(length) else file:seek("cur", length) end
    n = n + 1
  end
  file:close()
end

function init(args)
  in_a_row = tonumber(args[2])
  local all = tonumber(args[3])
  read(args[1], function(visitor) return visitor % all == place end)
  if #requests == 0 then read(args[1], function() return true end) end
end

function request()
  if at % in_a_row == 0 then cookie = nil end
  at = at % #requests + 1
  local text = requests[at]
  if not cookie then return text end
  local from, to = text:find("ds_session=[^;\r\n]*")
  if not from then return text end
  return text:sub(1, from - 1) .. cookie .. text:sub(to + 1)
end

function response(status, headers)
  local set = headers["Set-Cookie"] or headers["set-cookie"]
  if set then cookie = set:match("^ds_session=[^;]+") or cookie end
end

function done(summary)
  local e = summary.errors
  io.write(string.format('\n{"requests":%d,"micros":%d,"failed":%d}\n', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
