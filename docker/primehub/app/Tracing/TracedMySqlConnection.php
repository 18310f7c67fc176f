<?php

namespace App\Tracing;

use Closure;
use Illuminate\Database\MySqlConnection;

/** Every statement begins with the id of the request or job that runs it, so that the server's own logs show it. */
class TracedMySqlConnection extends MySqlConnection
{
    protected function run($query, $bindings, Closure $callback)
    {
        $trace = app(Trace::class);
        $trace->countQuery();

        return parent::run("/* rid:{$trace->id()} */ {$query}", $bindings, $callback);
    }
}
