<?php

namespace App\Http\Middleware;

use Closure;
use Illuminate\Session\Middleware\StartSession;

/**
 * A visitor who has a session gets their own page, which nobody may keep. Everybody else gets the same one, without
 * a session and its cookie, and caches between here and the visitor may keep it for a while.
 */
class PublicUnlessSession extends StartSession
{
    private const SHARED_SECONDS = 60;

    public function handle($request, Closure $next)
    {
        if ($request->hasCookie(config('session.cookie'))) {
            $response = parent::handle($request, $next);
            $response->headers->set('Cache-Control', 'private, no-store');

            return $response;
        }

        $response = $next($request);
        if ($response->isSuccessful()) {
            $response->headers->set('Cache-Control', 'public, max-age=0, s-maxage='.self::SHARED_SECONDS);
            $response->setVary('Cookie', false);
        }

        return $response;
    }
}
