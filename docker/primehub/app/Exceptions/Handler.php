<?php

namespace App\Exceptions;

use Illuminate\Foundation\Exceptions\Handler as ExceptionHandler;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;
use Throwable;

class Handler extends ExceptionHandler
{
    protected function shouldReturnJson($request, Throwable $e): bool
    {
        return $request->is('api/*') || parent::shouldReturnJson($request, $e);
    }

    /** One page for every error. Laravel's own pages would be compiled when they are needed, on a read-only disk. */
    protected function getHttpExceptionView(HttpExceptionInterface $e): string
    {
        return 'error';
    }
}
