<?php

namespace App\Http\Middleware;

use App\Tracing\Trace;
use Closure;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\Facades\Redis;
use Symfony\Component\HttpFoundation\Response;

/**
 * Outermost, so that each hop of a request can be found by its id: in Redis before anything else asks it,
 * in every SQL comment and log line, and in one line at the end that sums the request up.
 */
class TraceRequest
{
    private const REMEMBERED_SECONDS = 300;

    public function __construct(private Trace $trace)
    {
    }

    public function handle(Request $request, Closure $next): Response
    {
        $this->trace->begin($request->header('X-Request-Id'));
        Redis::setex('request:'.$this->trace->id(), self::REMEMBERED_SECONDS, $request->method().' '.$request->path());

        $response = $next($request);

        if (config('app.debug')) {
            $response->headers->set('X-Query-Count', (string) $this->trace->queries());
        }
        // which replica answered
        $response->headers->set('X-Served-By', gethostname());
        Log::info('request', [
            'method' => $request->method(),
            'path' => '/'.ltrim($request->path(), '/'),
            'status' => $response->getStatusCode(),
            'ms' => $this->trace->milliseconds(),
            'queries' => $this->trace->queries(),
        ]);

        return $response;
    }
}
