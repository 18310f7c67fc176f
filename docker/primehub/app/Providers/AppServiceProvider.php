<?php

namespace App\Providers;

use App\Queue\BlockingWorker;
use App\Queue\Heartbeat;
use App\Tracing\Trace;
use App\Tracing\TracedMySqlConnection;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Database\Connection;
use Illuminate\Queue\Events\JobProcessing;
use Illuminate\Queue\Events\Looping;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Queue;
use Illuminate\Support\ServiceProvider;

class AppServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->singleton(Trace::class);
        Connection::resolverFor('mysql', static fn (...$arguments) => new TracedMySqlConnection(...$arguments));

        $this->app->extend('queue.worker', static fn ($worker, $app) => new BlockingWorker(
            $app['queue'],
            $app['events'],
            $app[ExceptionHandler::class],
            static fn () => $app->isDownForMaintenance(),
        ));
    }

    public function boot(): void
    {
        // A job carries the id of the request that dispatched it.
        Queue::createPayloadUsing(fn () => ['rid' => $this->app[Trace::class]->id()]);
        Event::listen(function (JobProcessing $event): void {
            $this->app[Trace::class]->begin($event->job->payload()['rid'] ?? null);
            Heartbeat::busy();
        });
        Event::listen(static function (Looping $event): void {
            Heartbeat::idle();
        });
    }
}
