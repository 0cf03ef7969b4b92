-- The action `http-request lua.postern_gate <url>`: asks Postern's gate about the call. Lets it through with the headers that say who
-- calls, or answers it as the gate did. Whatever goes wrong: 503, and the call stops here.

local IDENTITY = { 'x-auth-client-id', 'x-auth-company-id', 'x-auth-role', 'x-auth-scope' }
local HANDED_ON = { 'www-authenticate', 'content-type', 'cache-control', 'retry-after', 'x-request-id' }
local TIMEOUT_MILLISECONDS = 5000

-- Lists of header values begin at 0 in HAProxy, and a header may be absent.
local function first(headers, name)
    local values = headers and headers[name]
    return values and (values[0] or values[1])
end

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status })
    for _, name in ipairs(HANDED_ON) do
        local value = first(headers, name)
        if value then reply:add_header(name, value) end
    end
    if body and body ~= '' then reply:set_body(body) end
    txn:done(reply)
end

local function postern_gate(txn, url)
    -- Several lines of Authorization are all told, so that the gate refuses them.
    local authorization = {}
    local sent = txn.http:req_get_headers()['authorization']
    if sent then
        for at = 0, #sent do authorization[#authorization + 1] = sent[at] end
    end
    local headers = {
        ['x-original-method'] = { txn.f:method() },
        ['x-original-uri'] = { txn.f:pathq() },
        ['x-forwarded-for'] = { txn.f:src() },
    }
    if #authorization > 0 then headers['authorization'] = authorization end

    local answered, answer = pcall(function()
        return core.httpclient():get({ url = url, headers = headers, timeout = TIMEOUT_MILLISECONDS })
    end)
    local status = answered and answer and answer.status
    if status == 200 then
        for _, name in ipairs(IDENTITY) do
            txn.http:req_set_header(name, first(answer.headers, name) or '')
        end
        return
    end
    if status == 401 or status == 403 then return refuse(txn, status, answer.headers, answer.body) end
    refuse(txn, 503, { ['retry-after'] = { '2' } }, '')
end

core.register_action('postern_gate', { 'http-req' }, postern_gate, 1)
