<?php

namespace App\Http\Controllers\Api;

use Illuminate\Http\JsonResponse;

/** Shows what the environment has become, in debug mode only, and only what is no secret. */
class ConfigController
{
    private const SHOWN = [
        'app.name', 'app.env', 'app.debug', 'primehub.greeting',
        'cache.default', 'session.driver', 'queue.default', 'database.default', 'logging.default',
    ];

    public function show(): JsonResponse
    {
        abort_unless((bool) config('app.debug'), 404);

        $opcache = opcache_get_status(false) ?: [];

        return response()->json([
            'config' => collect(self::SHOWN)->mapWithKeys(static fn (string $key) => [$key => config($key)]),
            'cached' => app()->configurationIsCached(),
            'opcache' => [
                'enabled' => $opcache['opcache_enabled'] ?? false,
                'cached_scripts' => $opcache['opcache_statistics']['num_cached_scripts'] ?? 0,
                'validate_timestamps' => (bool) ini_get('opcache.validate_timestamps'),
                'revalidate_freq' => (int) ini_get('opcache.revalidate_freq'),
            ],
        ]);
    }
}
