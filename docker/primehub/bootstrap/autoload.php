<?php

define('LARAVEL_START', microtime(true));

// The framework is a Debian package; composer.json only tells Laravel the application's namespace.
require_once 'Illuminate/autoload.php';

spl_autoload_register(static function (string $class): void {
    foreach (['App\\' => 'app/', 'Database\\Seeders\\' => 'database/seeders/'] as $prefix => $directory) {
        if (str_starts_with($class, $prefix)) {
            $file = __DIR__.'/../'.$directory.strtr(substr($class, strlen($prefix)), '\\', '/').'.php';
            if (is_file($file)) {
                require $file;
            }
        }
    }
});
