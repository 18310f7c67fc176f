<?php

define('LARAVEL_START', microtime(true));

// The framework is a Debian package; composer.json only tells Laravel the application's namespace.
require_once 'Illuminate/autoload.php';

(static function (): void {
    $root = dirname(__DIR__);
    // the production image holds a map of all classes
    $map = is_file("{$root}/bootstrap/cache/classmap.php") ? require "{$root}/bootstrap/cache/classmap.php" : null;

    spl_autoload_register(static function (string $class) use ($root, $map): void {
        if ($map !== null) {
            if (isset($map[$class])) {
                require "{$root}/{$map[$class]}";
            }

            return;
        }
        foreach (['App\\' => 'app/', 'Database\\Seeders\\' => 'database/seeders/'] as $prefix => $directory) {
            if (str_starts_with($class, $prefix)) {
                $file = "{$root}/{$directory}".strtr(substr($class, strlen($prefix)), '\\', '/').'.php';
                if (is_file($file)) {
                    require $file;
                }
            }
        }
    });
})();
