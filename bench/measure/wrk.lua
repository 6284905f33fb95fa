-- Sends the requests of the file that is given as its argument, in turns, and says at the end what it counted, as JSON.
local requests = {}
local at = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
  end
  file:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary)
  local e = summary.errors
  io.write(string.format('\n{"requests":%d,"micros":%d,"failed":%d}\n', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
